# coding: klingon  # file FC102: its encoding is not usable: unknown encoding
name = 1
