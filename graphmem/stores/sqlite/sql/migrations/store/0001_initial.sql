-- The first schema.
--
-- `pk` are row numbers for joins inside; ids of the outside are UUIDs as text. Moments are microseconds since
-- 1970 in UTC, days ISO 8601 text, sets and objects JSON text. What visibility is decided by stands before the
-- long texts of a row, so that reading it does not follow overflow pages.

PRAGMA application_id = 1735552365;
PRAGMA user_version = 1;

-- Names mean one thing inside a partition, and writes are ordered by its sequence.
CREATE TABLE partition (
    pk INTEGER PRIMARY KEY,
    project TEXT NOT NULL,
    owner TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    UNIQUE (project, owner)
) STRICT;

-- One row: where the sequence of a new partition starts, above those of all that were purged.
CREATE TABLE house (floor INTEGER NOT NULL) STRICT;
INSERT INTO house (floor) VALUES (0);

-- ChangeSets that were carried out, so that none is carried out twice. Pruned by age.
CREATE TABLE applied (
    id TEXT PRIMARY KEY,
    sequence INTEGER NOT NULL,
    at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE setting (
    project TEXT NOT NULL,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (project, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE episode (
    pk INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    partition INTEGER NOT NULL REFERENCES partition,
    user_id TEXT,
    agent_id TEXT,
    app_id TEXT,
    run_id TEXT,
    role TEXT NOT NULL,
    observed_at INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    name TEXT,
    content TEXT NOT NULL
) STRICT;
CREATE INDEX episode_by_time ON episode (partition, observed_at, created_at);
CREATE INDEX episode_of_run ON episode (partition, run_id, observed_at, created_at) WHERE run_id IS NOT NULL;

CREATE TABLE entity (
    pk INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    partition INTEGER NOT NULL REFERENCES partition,
    key TEXT NOT NULL,
    self_of TEXT,
    created_at INTEGER NOT NULL,
    degree INTEGER NOT NULL, -- how many memories mention it
    type TEXT, -- what most mentions say
    revision INTEGER NOT NULL,
    name TEXT NOT NULL
) STRICT;
CREATE INDEX entity_by_key ON entity (partition, key, id);
CREATE INDEX entity_by_self ON entity (partition, self_of) WHERE self_of IS NOT NULL;

-- The names and types that mentions use for an entity, counted, so that no read or write has to look at all
-- mentions of a hub. Of names, `key` is the folded name, `phrase` its words in single spaces.
CREATE TABLE entity_use (
    entity INTEGER NOT NULL REFERENCES entity,
    kind TEXT NOT NULL, -- name or type
    value TEXT NOT NULL,
    count INTEGER NOT NULL,
    partition INTEGER NOT NULL,
    key TEXT,
    phrase TEXT,
    PRIMARY KEY (entity, kind, value)
) STRICT, WITHOUT ROWID;
CREATE INDEX entity_use_by_key ON entity_use (key, partition) WHERE key IS NOT NULL;
CREATE INDEX entity_use_by_phrase ON entity_use (phrase, partition) WHERE phrase IS NOT NULL;

-- Both ends are entities: `endpoint` has the foreign key, for it has the index that one needs.
CREATE TABLE relation (
    pk INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    partition INTEGER NOT NULL REFERENCES partition,
    subject INTEGER NOT NULL,
    type TEXT NOT NULL,
    object INTEGER NOT NULL,
    valid_at INTEGER,
    invalid_at INTEGER,
    created_at INTEGER NOT NULL,
    expired_at INTEGER,
    superseded_by TEXT,
    revision INTEGER NOT NULL,
    label TEXT NOT NULL
) STRICT;
CREATE INDEX relation_by_subject ON relation (partition, subject, type, object);
CREATE INDEX relation_by_object ON relation (object, subject);
CREATE INDEX relation_by_successor ON relation (superseded_by) WHERE superseded_by IS NOT NULL;

-- Relations by either end, newest last. (A foreign key on `relation` would need an index that nothing else does.)
CREATE TABLE endpoint (
    entity INTEGER NOT NULL REFERENCES entity,
    created_at INTEGER NOT NULL,
    relation INTEGER NOT NULL,
    PRIMARY KEY (entity, created_at, relation)
) STRICT, WITHOUT ROWID;

CREATE TABLE memory (
    pk INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    partition INTEGER NOT NULL REFERENCES partition,
    expired_at INTEGER,
    expiration_date TEXT,
    user_id TEXT,
    agent_id TEXT,
    app_id TEXT,
    run_id TEXT,
    observed_at INTEGER NOT NULL,
    valid_at INTEGER,
    invalid_at INTEGER,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    superseded_by TEXT,
    immutable INTEGER NOT NULL,
    attributed_to TEXT,
    feedback TEXT,
    revision INTEGER NOT NULL,
    extractor TEXT NOT NULL,
    model TEXT,
    prompt TEXT,
    text_key TEXT NOT NULL,
    categories TEXT NOT NULL,
    metadata TEXT NOT NULL,
    text TEXT NOT NULL
) STRICT;
CREATE INDEX memory_by_time ON memory (partition, created_at, id);
CREATE INDEX memory_by_words ON memory (partition, text_key);
CREATE INDEX memory_by_successor ON memory (superseded_by) WHERE superseded_by IS NOT NULL;
CREATE INDEX memory_of_agent ON memory (agent_id, partition, created_at) WHERE agent_id IS NOT NULL;
CREATE INDEX memory_of_app ON memory (app_id, partition, created_at) WHERE app_id IS NOT NULL;
CREATE INDEX memory_of_run ON memory (run_id, partition, created_at) WHERE run_id IS NOT NULL;

-- The n-th mention of a memory. `first` is 1 for the first of its entity, so that each memory counts once;
-- `created_at` is the memory's, so that the newest of a hub are found without looking at all.
CREATE TABLE mention (
    memory INTEGER NOT NULL REFERENCES memory,
    n INTEGER NOT NULL,
    entity INTEGER NOT NULL REFERENCES entity,
    first INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    name TEXT NOT NULL,
    type TEXT,
    PRIMARY KEY (memory, n)
) STRICT, WITHOUT ROWID;
CREATE INDEX mention_by_entity ON mention (entity, first, created_at, memory);

-- A memory states a relation.
CREATE TABLE states (
    memory INTEGER NOT NULL REFERENCES memory,
    relation INTEGER NOT NULL REFERENCES relation,
    PRIMARY KEY (memory, relation)
) STRICT, WITHOUT ROWID;
CREATE INDEX states_by_relation ON states (relation, memory);

-- A memory came from an episode.
CREATE TABLE source (
    memory INTEGER NOT NULL REFERENCES memory,
    episode INTEGER NOT NULL REFERENCES episode,
    PRIMARY KEY (memory, episode)
) STRICT, WITHOUT ROWID;
CREATE INDEX source_by_episode ON source (episode, memory);

-- History. It outlives its memory (that something was deleted is kept), so the memory goes by its id.
CREATE TABLE revision (
    pk INTEGER PRIMARY KEY, -- the order of writing
    id TEXT NOT NULL,
    partition INTEGER NOT NULL,
    memory_id TEXT NOT NULL,
    event TEXT NOT NULL,
    at INTEGER NOT NULL,
    reason TEXT,
    by TEXT,
    old_text TEXT,
    new_text TEXT,
    state TEXT NOT NULL,
    UNIQUE (memory_id, id)
) STRICT;

-- What is stale in the index: a set by id, in the order in which the ids became stale.
CREATE TABLE stale (
    pk INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    revision INTEGER NOT NULL,
    project TEXT NOT NULL
) STRICT;
