import Core
import Foundation

#if canImport(FoundationXML)
    import FoundationXML
#endif

/// The items of a feed reader's file, RSS 2.0 or Atom (RFC 4287), as lines that can be imported.
enum FeedFile {
    /// Whether a file is XML by its beginning.
    static func isXML(_ beginning: some Sequence<UInt8>) -> Bool {
        let blank: Set<UInt8> = [0x20, 0x09, 0x0A, 0x0D, 0xEF, 0xBB, 0xBF]
        return beginning.first { !blank.contains($0) } == UInt8(ascii: "<")
    }

    /// Oldest first, as feeds are written with the newest first.
    ///
    /// - Throws: ``CommandFailure`` `badData` if it is no feed.
    static func lines(_ data: Data) throws -> [ElementSplitter.Element] {
        let reader = Reader()
        let parser = XMLParser(data: data)
        parser.delegate = reader
        guard parser.parse() else {
            let reason = parser.parserError?.localizedDescription ?? "unknown"
            throw CommandFailure(.badData, "The feed is not valid XML: line \(parser.lineNumber): \(reason)")
        }
        // The parser takes a file that was cut off for a whole one.
        guard reader.isWhole else { throw CommandFailure(.badData, "The feed is not valid XML: it ends too early.") }
        guard reader.isFeed else { throw CommandFailure(.badData, "This XML is neither RSS nor Atom.") }
        return reader.items.reversed().map { item in
            ElementSplitter.Element(line: item.line, bytes: item.json.bytes)
        }
    }

    struct Item {
        var line = 0
        var title = ""
        var summary = ""
        var content = ""
        var author = ""
        var link = ""
        var published = ""

        var json: JSONValue {
            var body = PlainHTML.text(content.isEmpty ? summary : content)
            if !link.isEmpty { body += (body.isEmpty ? "" : "\n\n") + link }
            var title = PlainHTML.text(title).split(whereSeparator: \.isWhitespace).joined(separator: " ")
            if title.isEmpty {
                title = body.split(whereSeparator: \.isWhitespace).joined(separator: " ")
            }
            if title.count > ArticleLimits.maxTitleCharacters {
                title = title.prefix(ArticleLimits.maxTitleCharacters - 1) + "…"
            }
            var members = [JSONMember("title", .string(title)), JSONMember("body", .string(body))]
            let author = PlainHTML.text(author).split(whereSeparator: \.isWhitespace).joined(separator: " ")
            if !author.isEmpty { members.append(JSONMember("author", .string(String(author.prefix(64))))) }
            if let moment = FeedDate.timestamp(published) {
                members.append(JSONMember("published", .string(moment.description)))
            }
            return .object(members)
        }
    }

    private final class Reader: NSObject, XMLParserDelegate {
        var items: [Item] = []
        var isFeed = false
        /// Every element that began has ended.
        var isWhole: Bool { path.isEmpty }
        private var item: Item?
        private var path: [String] = []
        private var text = ""

        func parser(
            _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
            attributes: [String: String]
        ) {
            if path.isEmpty, ["rss", "feed", "rdf:RDF"].contains(name) { isFeed = true }
            path.append(name)
            text = ""
            if name == "item" || name == "entry" {
                item = Item()
                item?.line = parser.lineNumber
            } else if name == "link", let address = attributes["href"],
                (attributes["rel"] ?? "alternate") == "alternate"
            {
                item?.link = address
            }
        }

        func parser(_ parser: XMLParser, foundCharacters string: String) {
            text += string
        }

        func parser(_ parser: XMLParser, foundCDATA block: Data) {
            text += String(decoding: block, as: UTF8.self)
        }

        func parser(
            _ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?
        ) {
            path.removeLast()
            defer { text = "" }
            guard item != nil else { return }
            let value = text.trimmingCharacters(in: .whitespacesAndNewlines)
            let parent = path.last ?? ""
            switch (parent, name) {
            case ("item", "title"), ("entry", "title"): item?.title = value
            case ("item", "description"), ("entry", "summary"): item?.summary = value
            case ("item", "content:encoded"), ("entry", "content"): item?.content = value
            case ("item", "author"), ("item", "dc:creator"), ("author", "name"): item?.author = value
            case ("item", "link"): if !value.isEmpty { item?.link = value }
            case ("item", "pubDate"), ("item", "dc:date"), ("entry", "published"): item?.published = value
            case ("entry", "updated"): if item?.published.isEmpty == true { item?.published = value }
            case (_, "item"), (_, "entry"):
                if let item { items.append(item) }
                item = nil
            default: break
            }
        }
    }
}

/// Text out of HTML, for feeds have nothing else.
enum PlainHTML {
    static func text(_ html: String) -> String {
        guard html.contains("<") || html.contains("&") else { return html }
        var text = ""
        var rest = html[...]
        while let open = rest.firstIndex(of: "<") {
            text += rest[..<open]
            guard let close = rest[open...].firstIndex(of: ">") else {
                text += rest[open...]
                rest = ""
                break
            }
            let tag = rest[rest.index(after: open)..<close].lowercased()
            let name = tag.drop { $0 == "/" }.prefix { $0.isLetter || $0.isNumber }
            rest = rest[rest.index(after: close)...]
            switch name {
            case "br", "li", "tr": text += "\n"
            case "p", "div", "h1", "h2", "h3", "h4", "ul", "ol", "blockquote", "pre", "table": text += "\n\n"
            case "script" where !tag.hasPrefix("/"), "style" where !tag.hasPrefix("/"):
                let end = rest.range(of: "</\(name)", options: .caseInsensitive)
                rest = end.map { rest[$0.lowerBound...] } ?? ""
            default: break
            }
        }
        text += rest
        let lines = decoded(text).split(separator: "\n", omittingEmptySubsequences: false).map { line in
            line.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        }
        // One empty line at most between paragraphs.
        var kept: [String] = []
        for line in lines where !(line.isEmpty && kept.last?.isEmpty ?? true) { kept.append(line) }
        while kept.last?.isEmpty == true { kept.removeLast() }
        return kept.joined(separator: "\n")
    }

    private static let entities = [
        "lt": "<", "gt": ">", "quot": "\"", "apos": "'", "nbsp": " ", "ndash": "–", "mdash": "—", "hellip": "…",
        "lsquo": "‘", "rsquo": "’", "ldquo": "“", "rdquo": "”", "amp": "&",
    ]

    private static func decoded(_ text: String) -> String {
        var result = ""
        var rest = text[...]
        while let start = rest.firstIndex(of: "&") {
            result += rest[..<start]
            rest = rest[start...]
            guard let end = rest.prefix(12).firstIndex(of: ";"), let character = character(rest[..<end].dropFirst())
            else {
                result += "&"
                rest = rest.dropFirst()
                continue
            }
            result += character
            rest = rest[rest.index(after: end)...]
        }
        return result + rest
    }

    private static func character(_ name: Substring) -> String? {
        guard name.hasPrefix("#") else { return entities[String(name)] }
        let digits = name.dropFirst()
        let code = digits.lowercased().hasPrefix("x") ? UInt32(digits.dropFirst(), radix: 16) : UInt32(digits)
        return code.flatMap(Unicode.Scalar.init).map { String($0) }
    }
}

/// Times as feeds have them: RFC 3339 in Atom, RFC 822 in RSS.
enum FeedDate {
    private static let months = [
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ]
    private static let zones = [
        "GMT": "Z", "UT": "Z", "UTC": "Z", "Z": "Z", "EST": "-05:00", "EDT": "-04:00", "CST": "-06:00", "CDT": "-05:00",
        "MST": "-07:00", "MDT": "-06:00", "PST": "-08:00", "PDT": "-07:00",
    ]

    static func timestamp(_ text: String) -> Timestamp? {
        if let moment = Timestamp(text) { return moment }
        var words = text.split(whereSeparator: \.isWhitespace).map(String.init)
        if words.first?.hasSuffix(",") == true { words.removeFirst() }
        guard words.count == 5, let day = Int(words[0]),
            let month = months.firstIndex(of: words[1].prefix(3).lowercased()), var year = Int(words[2])
        else { return nil }
        if year < 100 { year += year < 70 ? 2000 : 1900 }
        let clock = words[3].count == 5 ? words[3] + ":00" : words[3]
        let zone: String
        if let known = zones[words[4].uppercased()] {
            zone = known
        } else if words[4].count == 5, let sign = words[4].first, "+-".contains(sign) {
            zone = words[4].prefix(3) + ":" + words[4].suffix(2)
        } else {
            return nil
        }
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return Timestamp("\(year)-\(two(month + 1))-\(two(day))T\(clock)\(zone)")
    }
}
