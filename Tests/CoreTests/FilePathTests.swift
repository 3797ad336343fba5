import Testing

@testable import Core

@Suite("Names of files")
struct FilePathTests {
    @Test(
        "the directory of a file is what stands before its last slash, or the working directory",
        arguments: [
            ("x", "."), ("-", "."), ("xy", "."), ("", "."), ("./y", "."), ("a/b/c", "a/b"), ("/x", "/"), ("/a/x", "/a"),
            ("ä/ö", "ä"),
        ])
    func directories(path: String, directory: String) {
        #expect(FilePath.directory(of: path) == directory)
    }
}
