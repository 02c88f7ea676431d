# Yours to edit. Every function may be left out; a fault in one shows in Status and stops nothing.
# comp is the component. A note is a dict: event (on or off), id, pitch, velocity (1-127), channel (1-16), seconds,
# voice (lead, chords, bass or drums).


def onNote(comp, note):
    pass


def onCut(comp):
    pass


def onOnset(comp):  # something that was still suddenly moves
    pass


def onStatus(comp, text):
    pass


def onError(comp, kind, reason):
    pass
