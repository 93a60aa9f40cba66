// Memories by their words. The words are folded and parted by Python and kept beside the text, because databases
// fold differently; spaces are all there is to part them at here.
// params: none
// returns: nothing
CREATE FULLTEXT INDEX memory_text IF NOT EXISTS FOR (n:Memory) ON EACH [n.words]
OPTIONS {indexConfig: {`fulltext.analyzer`: 'whitespace'}}
