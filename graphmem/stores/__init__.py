"""Where the truth is kept: one contract (`abc.GraphStore`), several stores, statements in files."""
