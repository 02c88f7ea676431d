def onFrameStart(frame):
    op("roll").cook(force=True)
