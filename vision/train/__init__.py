"""Training, evaluation and export of the detectors. Nothing at run time imports this package."""
