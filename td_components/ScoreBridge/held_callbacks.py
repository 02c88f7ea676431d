# Script CHOP: cooked once a frame by the extension.
def onCook(scriptOp):
    parent().FillHeld(scriptOp)
