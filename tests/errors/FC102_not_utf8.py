# file FC102: it is not valid utf-8: see line 2
name = "Müller"
