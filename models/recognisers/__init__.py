"""Classic named entity recognisers on the CPU: LAC for Chinese, spaCy's small model for English.

They answer in milliseconds and need no language model. Importing this loads none of them.
"""

from models.recognisers.by_language import Recognisers

__all__ = ["Recognisers"]
