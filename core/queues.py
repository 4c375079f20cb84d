"""The queues of jobs: one kind of worker process for each."""

VISION = "vision"
SPEECH = "speech"
DETAILS = "details"
GENERAL = "general"

QUEUES = (VISION, SPEECH, DETAILS, GENERAL)
"""`vision` and `speech` hold what a person waits for. `details` holds what may come some seconds later and takes long
(price tags, promotion material, the weighing of evidence, a model in the shadow), so that it never stands before them.
`general` needs no model."""
