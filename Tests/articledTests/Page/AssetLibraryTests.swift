import NIOCore
import Testing

@testable import articled

@Suite struct AssetLibraryTests {
    private func library(_ content: String) -> AssetLibrary {
        AssetLibrary(files: [EmbeddedFile(path: "page.css", bytes: Array(content.utf8))])
    }

    @Test("an address has eight digits of the content's hash in it")
    func address() {
        // SHA-256 of "abc" begins with ba7816bf (FIPS 180-2, appendix B.1).
        #expect(library("abc")[named: "page.css"].path == "/assets/page.ba7816bf.css")
    }

    @Test("another content has another address, and the old one is gone")
    func change() {
        #expect(library("abd").asset(file: "page.ba7816bf.css") == nil)
        #expect(library("abc").asset(file: "page.ba7816bf.css") != nil)
        #expect(library("abc").asset(file: "page.css") == nil)
    }

    @Test(
        "the page's files are embedded with their media types",
        arguments: [
            ("page.css", "text/css; charset=utf-8"), ("page.js", "text/javascript; charset=utf-8"),
            ("favicon.svg", "image/svg+xml"),
        ])
    func embedded(name: String, mediaType: String) {
        let asset = AssetLibrary()[named: name]
        #expect(asset.document.mediaType == mediaType)
        #expect(asset.document.content.readableBytes > 100)
    }

    @Test("a module imports others by their addresses, and has another address when they have")
    func imports() {
        func library(_ inner: String) -> AssetLibrary {
            AssetLibrary(files: [
                EmbeddedFile(path: "a.js", bytes: Array("import { b } from \"./b.js\";".utf8)),
                EmbeddedFile(path: "b.js", bytes: Array(inner.utf8)),
            ])
        }
        let (one, other) = (library("abc"), library("abd"))
        #expect(String(buffer: one[named: "a.js"].document.content) == "import { b } from \"./b.ba7816bf.js\";")
        #expect(one[named: "a.js"].path != other[named: "a.js"].path)
    }

    @Test("no script imports what is not embedded")
    func allImports() {
        let library = AssetLibrary()
        for path in library.paths(from: "page") where path.hasSuffix(".js") {
            let asset = library.asset(file: String(path.dropFirst("/assets/".count)))
            let text = asset.map { String(buffer: $0.document.content) } ?? ""
            for match in text.matches(of: #/from "\.\/([^"]*)"/#) {
                #expect(library.asset(file: String(match.1)) != nil, "\(path) imports \(match.1)")
            }
        }
    }
}
