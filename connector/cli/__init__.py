"""The ml-connector command: what operators and their scripts see. It explains; the use cases know."""
