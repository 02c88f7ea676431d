# Execute DAT: every callback is off by default; the table of nodes switches these on.
def onFrameStart(frame):
    if parent().extensionsReady:
        parent().OnFrame()


def onCreate():
    if not parent().customPars:  # made by `score-bridge td tree`, which leaves the parameters to this
        op("score_bridge_build").module.mend(parent())


def onExit():
    if parent().extensionsReady:
        parent().OnExit()
