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
        #expect(asset.mediaType == mediaType)
        #expect(asset.content.readableBytes > 100)
    }
}
