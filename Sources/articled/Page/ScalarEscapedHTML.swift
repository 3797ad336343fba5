import Mustache

/// Escapes text for HTML by its Unicode scalars, as a browser reads it.
///
/// The library's own escaping goes by characters, and so it takes `<` for harmless where a scalar such as U+0600 forms
/// one character with it.
struct ScalarEscapedHTML: MustacheContentType {
    func escapeText(_ text: String) -> String {
        var escaped = ""
        escaped.reserveCapacity(text.utf8.count)
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            case "'": escaped += "&#39;"
            // HTML can't have it: a parser would leave it out (WHATWG HTML section 13.2.5.1).
            case "\0": escaped += "\u{FFFD}"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}

extension MustacheLibrary {
    /// Compiles templates, each with the escaping above; `templates/list.mustache` becomes `list`.
    static func escapingScalars(_ files: [EmbeddedFile] = EmbeddedFile.templates) throws -> MustacheLibrary {
        MustacheContentTypes.register(ScalarEscapedHTML(), named: "PAGE")
        var library = MustacheLibrary()
        for file in files {
            let text = String(decoding: file.bytes, as: UTF8.self)
            let name = file.path.drop { $0 != "/" }.dropFirst().prefix { $0 != "." }
            // A partial starts with the library's escaping, whatever the including template has: so each one says it.
            try library.register("{{% CONTENT_TYPE:PAGE}}" + text, named: String(name))
        }
        return library
    }
}
