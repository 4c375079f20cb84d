"""Price tags and best-before dates on a photo: where they are, what they say, and how sure that is.

`parsing` and `dates` turn text into values, `layout` joins pieces of text into tags, `regions` says where on a photo
to look, `reader` does it all on a photo, `matching` compares what was read with a price list. Only `ocr` needs a model.
"""
