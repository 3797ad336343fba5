import Testing

@testable import articled

@Suite("Where a login may lead")
struct LocalPathTests {
    @Test("to paths of this site", arguments: ["/", "/admin/", "/articles/1?x=1&y=%20#z"])
    func local(path: String) {
        #expect(AdminSite.localPath(path) == path)
    }

    @Test(
        "and nowhere else",
        arguments: [
            nil, "", "x", "https://evil.example/", "//evil.example", "/\\evil.example", "\\\\evil.example",
            "/\t/evil.example", "/\n/evil.example", "javascript:alert(1)", "/ü", " /", "/a b",
        ])
    func elsewhere(path: String?) {
        #expect(AdminSite.localPath(path) == nil)
    }

    @Test("what is open to everybody is open by its whole path")
    func open() {
        for path in ["/healthz", "/readyz/", "/admin/login", "/assets/page.css"] {
            #expect(AccessPolicy.isAlwaysOpen(path))
        }
        for path in ["/", "/healthz/x", "/api/status", "/admin", "/admin/loginx", "/assets", "//healthz"] {
            #expect(!AccessPolicy.isAlwaysOpen(path))
        }
    }
}
