"""Training at home: corrections and own photos in, a model that is not worse out."""
