import Core
import Crypto

/// One value of an import as the server's batch takes it: a flat article, as `export` writes it, or an object of
/// Django's `dumpdata`.
struct ImportLine: Equatable {
    /// Where it came from, from 1.
    let line: Int
    let json: [UInt8]

    /// Those that the server takes; the others are of the place that the article comes from.
    private static let taken: Set = ["title", "body", "topic", "author", "published"]

    /// Why a value can't be imported.
    struct Unreadable: Error, Equatable {
        let reason: String
    }

    /// - Parameters:
    ///   - ordinal: its number among all values, which makes its key: the same file, imported again, makes no doubles.
    ///   - topic: instead of its own.
    init(_ element: ElementSplitter.Element, ordinal: Int, topic: String?) throws(Unreadable) {
        let value: JSONValue
        do {
            value = try JSONParser.parse(element.bytes)
        } catch {
            // Of the lines it knows only its own.
            throw Unreadable(reason: "is not valid JSON: " + "\(error)".replacing("line 1, ", with: ""))
        }
        guard case .object(let members) = value else {
            throw Unreadable(reason: "must be a JSON object, not \(value.kind)")
        }
        var fields = members
        if let model = value["model"]?.stringValue {
            guard case .object(let inner)? = value["fields"] else {
                throw Unreadable(reason: "has no fields (\(model))")
            }
            fields = inner
        }
        guard fields.contains(where: { $0.name == "title" }) else { throw Unreadable(reason: "title is missing") }
        var kept = fields.filter { Self.taken.contains($0.name) && $0.value != .null }
        // Django has a number where its author is another model's.
        kept.removeAll { $0.name == "author" && $0.value.stringValue == nil }
        if let topic {
            kept.removeAll { $0.name == "topic" }
            kept.append(JSONMember("topic", .string(topic)))
        }
        var hash = SHA256()
        hash.update(data: element.bytes)
        hash.update(data: Array("\(ordinal)".utf8))
        let key = hash.finalize().prefix(16).map { byte in
            (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }.joined()
        kept.append(JSONMember("key", .string("import-\(key)")))
        line = element.line
        json = JSONValue.object(kept).bytes
    }
}
