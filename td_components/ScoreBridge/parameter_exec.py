# Parameter Execute DAT on the component's own parameters.
def onValueChange(par, prev):
    parent().OnParameter(par.name)


def onPulse(par):
    parent().OnPulse(par.name)
