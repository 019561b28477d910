"""The notes of a result that say how its data were read."""

OF_INTERVALS = {
    "few_clusters",
    "low_coverage",
    "no_spread",
    "skewed",
}  # which depend on the numbers of a test


def codes_of_reading(result):
    """The codes of the notes, those on intervals left out."""
    return [note.code for note in result.notes if note.code not in OF_INTERVALS]
