"""The statistics of the judge: evidence from counts, valid however often one looks, and what may be concluded."""
