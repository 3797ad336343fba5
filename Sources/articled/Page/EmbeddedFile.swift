import WebAssets

/// A file that was compiled into the binary.
struct EmbeddedFile: Sendable {
    /// Its folder, if it is in one, and its name: `page.css`, `templates/list.mustache`.
    let path: String
    let bytes: [UInt8]

    /// All of them.
    static let all: [EmbeddedFile] = {
        var count: UInt = 0
        let files = UnsafeBufferPointer(start: web_assets(&count), count: Int(count))
        return files.map { file in
            EmbeddedFile(
                path: String(cString: file.name),
                bytes: Array(UnsafeBufferPointer(start: file.bytes, count: Int(file.length))))
        }
    }()

    /// What the page's HTML is made from.
    static var templates: [EmbeddedFile] { all.filter { $0.path.hasPrefix("templates/") } }

    /// What browsers load besides the HTML.
    static var assets: [EmbeddedFile] { all.filter { !$0.path.contains("/") } }
}
