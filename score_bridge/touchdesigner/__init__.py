"""The TouchDesigner component seen from outside TouchDesigner: its tables, its files, its installation."""
