größe = "ä"; ß = = 1  # FC101 at =: invalid syntax
