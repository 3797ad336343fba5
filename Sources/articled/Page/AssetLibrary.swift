/// The page's style, scripts and icon, each under an address that changes with its content.
///
/// A browser may keep such an address for ever: another content has another one. Each is compressed once.
struct AssetLibrary: Sendable {
    struct Asset: Sendable {
        /// Where the page links to it: `/assets/<name>.<hash8>.<extension>`.
        let path: String
        let document: Document
    }

    private var byName: [String: Asset] = [:]
    private var byFile: [String: Asset] = [:]

    init(files: [EmbeddedFile] = EmbeddedFile.assets) {
        let files = Dictionary(uniqueKeysWithValues: files.map { ($0.path, $0.bytes) })
        for name in files.keys.sorted() { add(name, files) }
    }

    /// - Returns: the name of its file.
    @discardableResult
    private mutating func add(_ name: String, _ files: [String: [UInt8]]) -> String {
        if let known = byName[name] { return String(known.path.dropFirst("/assets/".count)) }
        guard var bytes = files[name] else { preconditionFailure("\(name) is not embedded") }
        if name.hasSuffix(".js") {
            // Modules import each other by these addresses: so one has another address when what it imports has.
            var text = String(decoding: bytes, as: UTF8.self)
            for other in files.keys.sorted() where other != name && text.contains("from \"./\(other)\"") {
                text = text.replacing("from \"./\(other)\"", with: "from \"./\(add(other, files))\"")
            }
            bytes = Array(text.utf8)
        }
        let parts = name.split(separator: ".", maxSplits: 1)
        let document = Document(bytes, mediaType: Self.mediaType(extension: parts[1]), hashBytes: 4)
        let file = "\(parts[0]).\(document.hash).\(parts[1])"
        let asset = Asset(path: "/assets/\(file)", document: document)
        byName[name] = asset
        byFile[file] = asset
        return file
    }

    /// What the page calls `page.css`.
    subscript(named name: String) -> Asset {
        guard let asset = byName[name] else { preconditionFailure("\(name) is not embedded") }
        return asset
    }

    /// Where those are whose name begins so.
    func paths(from prefix: String) -> [String] {
        byName.filter { $0.key.hasPrefix(prefix) }.sorted { $0.key < $1.key }.map(\.value.path)
    }

    /// The asset at `/assets/<file>`, unless the content has changed since or there never was one.
    func asset(file: String) -> Asset? {
        byFile[file]
    }

    private static func mediaType(extension name: Substring) -> String {
        switch name {
        case "css": "text/css; charset=utf-8"
        case "js": "text/javascript; charset=utf-8"
        case "svg": "image/svg+xml"
        default: preconditionFailure("no media type is known for .\(name)")
        }
    }
}
