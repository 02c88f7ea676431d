"""How music, of films or of files, differs from melodies that people wrote."""
