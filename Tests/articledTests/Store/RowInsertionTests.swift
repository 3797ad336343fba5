import Foundation
import GRDB
import Testing

@testable import articled

struct RowInsertionTests {
    private let database: DatabaseQueue

    init() throws {
        database = try DatabaseQueue()
        try database.write {
            try $0.execute(
                sql:
                    "CREATE TABLE rows (id INTEGER PRIMARY KEY, name TEXT NOT NULL, note TEXT, bytes BLOB NOT NULL) STRICT"
            )
        }
    }

    private func insertion(_ database: Database) -> RowInsertion {
        RowInsertion(database, "INSERT INTO rows (id, name, note, bytes)", columns: 4)
    }

    private func add(_ id: Int64, _ name: String, _ note: String?, _ bytes: [UInt8], to rows: RowInsertion) {
        rows.integer(id)
        rows.text(name)
        rows.text(note)
        rows.blob(bytes)
    }

    @Test("any number of rows comes out as it went in", arguments: [1, 3, 4, 5, 16, 17, 21, 100])
    func comesOut(count: Int) throws {
        let read = try database.write { database in
            let rows = insertion(database)
            for id in 1...count { add(Int64(id), "name \(id)", id % 2 == 0 ? "note" : nil, [UInt8(id)], to: rows) }
            try rows.flush()
            return try Row.fetchAll(database, sql: "SELECT id, name, note, bytes FROM rows ORDER BY id")
        }
        try #require(read.count == count)
        for (index, row) in read.enumerated() {
            let id = index + 1
            #expect(row["id"] == id)
            #expect(row["name"] == "name \(id)")
            #expect(row["note"] as String? == (id % 2 == 0 ? "note" : nil))
            #expect(row["bytes"] == Data([UInt8(id)]))
        }
    }

    @Test("empty texts and blobs are not NULL, and NUL ends no text")
    func emptyAndNUL() throws {
        try database.write { database in
            let rows = insertion(database)
            add(1, "", "", [], to: rows)
            add(2, "a\0b", nil, [0, 0], to: rows)
            try rows.flush()
            let read = try Row.fetchAll(
                database, sql: "SELECT CAST(name AS BLOB) AS name, note IS NULL AS missing, bytes FROM rows ORDER BY id"
            )
            #expect(read.map { $0["name"] as Data } == [Data(), Data("a\0b".utf8)])
            #expect(read.map { $0["missing"] as Bool } == [false, true])
            #expect(read.map { $0["bytes"] as Data } == [Data(), Data([0, 0])])
        }
    }

    @Test("a row that is refused throws, and the rows after a flush are only the new ones")
    func refused() throws {
        try database.write { database in
            let rows = insertion(database)
            add(1, "one", nil, [], to: rows)
            try rows.flush()
            add(1, "again", nil, [], to: rows)
            #expect(throws: DatabaseError.self) { try rows.flush() }
            add(2, "two", nil, [], to: rows)
            try rows.flush()
            try rows.flush()
            #expect(try String.fetchAll(database, sql: "SELECT name FROM rows ORDER BY id") == ["one", "two"])
        }
    }

    @Test("what is discarded is not put in")
    func discarded() throws {
        try database.write { database in
            let rows = insertion(database)
            add(1, "one", nil, [], to: rows)
            rows.discard()
            add(2, "two", nil, [], to: rows)
            try rows.flush()
            #expect(try Int.fetchAll(database, sql: "SELECT id FROM rows") == [2])
        }
    }
}
