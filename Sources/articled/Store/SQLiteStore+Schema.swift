import GRDB

extension SQLiteStore {
    /// What a database is to this version.
    enum Shape: Hashable, Sendable {
        case empty
        /// Of another program.
        case foreign
        /// Lacks what this version has added.
        case older
        case current
        /// Has what only a later version knows.
        case newer
    }

    static func shape(_ database: Database) throws -> Shape {
        guard try database.tableExists("grdb_migrations") else {
            return try Int.fetchOne(database, sql: "SELECT count(*) FROM sqlite_master") ?? 0 > 0 ? .foreign : .empty
        }
        if try migrator.hasBeenSuperseded(database) { return .newer }
        return try migrator.hasCompletedMigrations(database) ? .current : .older
    }

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
        migrator.registerMigration("2 accounts, tokens, sessions, audit") { database in
            try database.execute(
                sql: """
                    CREATE TABLE accounts (
                        id INTEGER PRIMARY KEY AUTOINCREMENT,
                        name TEXT NOT NULL COLLATE NOCASE UNIQUE,
                        role TEXT NOT NULL,
                        password TEXT NOT NULL,
                        created INTEGER NOT NULL,
                        last_login INTEGER
                    ) STRICT;

                    CREATE TABLE tokens (
                        id INTEGER PRIMARY KEY AUTOINCREMENT,
                        name TEXT NOT NULL COLLATE NOCASE UNIQUE,
                        role TEXT NOT NULL,
                        hash BLOB NOT NULL UNIQUE,
                        created INTEGER NOT NULL,
                        created_by TEXT NOT NULL,
                        expires INTEGER,
                        last_used INTEGER
                    ) STRICT;

                    CREATE TABLE sessions (
                        id INTEGER PRIMARY KEY AUTOINCREMENT,
                        hash BLOB NOT NULL UNIQUE,
                        account INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
                        created INTEGER NOT NULL,
                        last_seen INTEGER NOT NULL,
                        address TEXT NOT NULL,
                        agent TEXT NOT NULL
                    ) STRICT;
                    CREATE INDEX sessions_by_account ON sessions (account);

                    CREATE TABLE audit (
                        id INTEGER PRIMARY KEY,
                        at INTEGER NOT NULL,
                        account TEXT NOT NULL,
                        address TEXT NOT NULL,
                        action TEXT NOT NULL,
                        article INTEGER,
                        subject TEXT,
                        detail TEXT
                    ) STRICT;
                    CREATE INDEX audit_by_article ON audit (article, id) WHERE article IS NOT NULL;
                    """)
        }
        return migrator
    }
}
