import GRDB

extension SQLiteStore {
    /// The file's shape, step by step; a step that was released is never changed.
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1 articles, events, terms, idempotency keys") { database in
            try database.execute(
                sql: """
                    CREATE TABLE articles (
                        id INTEGER PRIMARY KEY AUTOINCREMENT,
                        title TEXT NOT NULL,
                        body TEXT NOT NULL,
                        topic TEXT NOT NULL,
                        author TEXT NOT NULL,
                        published INTEGER NOT NULL,
                        updated INTEGER,
                        created_seq INTEGER NOT NULL,
                        created_nonce INTEGER NOT NULL,
                        version_seq INTEGER NOT NULL,
                        version_nonce INTEGER NOT NULL
                    ) STRICT;
                    CREATE INDEX articles_by_topic ON articles (topic, id);

                    CREATE TABLE events (
                        seq INTEGER PRIMARY KEY AUTOINCREMENT,
                        nonce INTEGER NOT NULL,
                        kind TEXT NOT NULL,
                        topic TEXT NOT NULL,
                        previous_topic TEXT,
                        committed INTEGER NOT NULL,
                        json BLOB NOT NULL
                    ) STRICT;

                    CREATE TABLE terms (
                        first_seq INTEGER PRIMARY KEY,
                        nonce INTEGER NOT NULL
                    ) STRICT;

                    CREATE TABLE idempotency_keys (
                        name TEXT PRIMARY KEY,
                        fingerprint BLOB NOT NULL,
                        answer BLOB NOT NULL,
                        expires INTEGER NOT NULL
                    ) STRICT, WITHOUT ROWID;
                    CREATE INDEX idempotency_keys_by_expiry ON idempotency_keys (expires);
                    """)
        }
        return migrator
    }
}
