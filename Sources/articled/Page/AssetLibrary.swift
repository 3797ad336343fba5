import Crypto
import NIOCore

/// The page's style, script and icon, each under an address that changes with its content.
///
/// A browser may keep such an address for ever: another content has another one.
struct AssetLibrary: Sendable {
    struct Asset: Sendable {
        /// Where the page links to it: `/assets/<name>.<hash8>.<extension>`.
        let path: String
        let mediaType: String
        /// A strong validator (RFC 9110 section 8.8.3), with its quotation marks.
        let etag: String
        let content: ByteBuffer
    }

    private let byName: [String: Asset]
    private let byFile: [String: Asset]

    init(files: [EmbeddedFile] = EmbeddedFile.assets) {
        var byName: [String: Asset] = [:]
        var byFile: [String: Asset] = [:]
        for file in files {
            let hash = SHA256.hash(data: file.bytes).prefix(4).map { byte in
                String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
            }.joined()
            let parts = file.path.split(separator: ".", maxSplits: 1)
            let address = "\(parts[0]).\(hash).\(parts[1])"
            let asset = Asset(
                path: "/assets/\(address)", mediaType: Self.mediaType(extension: parts[1]), etag: "\"\(hash)\"",
                content: ByteBuffer(bytes: file.bytes))
            byName[file.path] = asset
            byFile[address] = asset
        }
        self.byName = byName
        self.byFile = byFile
    }

    /// What the page calls `page.css`.
    subscript(named name: String) -> Asset {
        guard let asset = byName[name] else { preconditionFailure("\(name) is not embedded") }
        return asset
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
