"""The use cases, one file each; every one reads top to bottom like the sentence that describes it."""
