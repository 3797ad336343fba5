import Crypto
import NIOCore
import WebAssets

/// The files that are part of the program.
struct AssetLibrary: Sendable {
    struct Asset: Sendable {
        /// With a hash of the content in its name, so that it may be kept for ever.
        let path: String
        let mediaType: String
        let entityTag: String
        let bytes: ByteBuffer
    }

    private let files: [String: [UInt8]]
    private let assets: [String: Asset]
    private let assetsByPath: [String: Asset]

    init() {
        var count: UInt = 0
        let table = UnsafeBufferPointer(start: web_assets(&count), count: Int(count))
        files = Dictionary(
            uniqueKeysWithValues: table.map { file in
                (String(cString: file.name), Array(UnsafeBufferPointer(start: file.bytes, count: Int(file.length))))
            })
        assets = files.filter { !$0.key.hasPrefix("templates/") }.reduce(into: [:]) { assets, file in
            assets[file.key] = Self.asset(file.key, file.value)
        }
        assetsByPath = Dictionary(uniqueKeysWithValues: assets.values.map { ($0.path, $0) })
    }

    private static func asset(_ name: String, _ bytes: [UInt8]) -> Asset {
        let hash = SHA256.hash(data: bytes).prefix(4).map {
            $0 < 16 ? "0" + String($0, radix: 16) : String($0, radix: 16)
        }
        .joined()
        let parts = name.split(separator: ".", maxSplits: 1)
        let types = [
            "css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8", "svg": "image/svg+xml",
        ]
        return Asset(
            path: "/assets/\(parts[0]).\(hash).\(parts[1])",
            mediaType: types[String(parts[1])] ?? "application/octet-stream",
            entityTag: "\"\(hash)\"", bytes: ByteBuffer(bytes: bytes))
    }

    /// A file by its name in the source, such as `page.css`.
    func asset(named name: String) -> Asset {
        guard let asset = assets[name] else { preconditionFailure("there is no asset \(name)") }
        return asset
    }

    /// A file by the path that pages name.
    func asset(path: String) -> Asset? { assetsByPath[path] }

    /// The text of a template, such as `list`.
    func template(_ name: String) -> String {
        guard let bytes = files["templates/\(name).mustache"] else {
            preconditionFailure("there is no template \(name)")
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
