import Foundation
import Testing

@testable import articled

@Suite("A file of settings")
struct ConfigurationFileTests {
    private func file(_ text: String) -> ConfigurationFile {
        ConfigurationFile(path: "a.yaml", content: Data(text.utf8))
    }

    @Test("keys are options, with scalars, lists and switches")
    func settings() {
        let file = file(
            """
            # A comment
            port: 8001
            host: "::1"
            require-auth: true
            allowed-origin:
              - https://a
              - 'https://b'
            trusted-proxy: 10.0.0.0/8
            """)
        #expect(file.problems.isEmpty)
        let values = Dictionary(uniqueKeysWithValues: file.settings.map { ($0.option.name, $0.values) })
        #expect(
            values == [
                "port": ["8001"], "host": ["::1"], "require-auth": ["true"], "trusted-proxy": ["10.0.0.0/8"],
                "allowed-origin": ["https://a", "https://b"],
            ])
        #expect(file.settings.first?.source == .file(path: "a.yaml", line: 2, column: 7))
    }

    @Test("a file with nothing in it is in order", arguments: ["", "\n", "# only this\n", "---\n", "~"])
    func empty(text: String) {
        #expect(file(text).problems.isEmpty && file(text).settings.isEmpty)
    }

    @Test(
        "what is wrong is told with line, column and key",
        arguments: [
            ("prot: 1", "a.yaml:1:1: prot: there is no such setting; did you mean port?"),
            ("port: 1\nzzzzzz: 1", "a.yaml:2:1: zzzzzz: there is no such setting"),
            ("port: 1\nhost: a\nport: 2", "a.yaml:3:1: port: is there twice; the first is in line 1"),
            ("port: [1, 2]", "a.yaml:1:7: port: takes one value, not a list"),
            ("port:\n  a: 1", "a.yaml:2:3: port: takes one value, not keys of its own"),
            ("allowed-origin:\n  - [a]", "a.yaml:2:5: allowed-origin: is a list of plain values"),
            ("allowed-origin:\n  a: b", "a.yaml:2:3: allowed-origin: is a list of plain values"),
            ("compression: yes", "a.yaml:1:14: compression: must be true or false"),
            ("port:", "a.yaml:1:1: port: has no value; for the default leave the line out"),
            ("config: b.yaml", "a.yaml:1:1: config: a file can't name another; only --config and ARTICLED_CONFIG do"),
            ("- port", "a.yaml:1:1: the file must be a list of keys with their values, as: port: 8000"),
            ("[a]: 1", "a.yaml:1:1: a key must be the name of an option"),
            ("{port: 1, port: 2}", "a.yaml:1:2: these keys are there twice: port"),
            ("port: 1\r\nhost: a\r\nport: 2\r\n", "a.yaml:3:1: port: is there twice; the first is in line 1"),
            ("a\u{1B}[31m: 1", "a.yaml:1:2: this is no YAML: control characters are not allowed"),
            ("\"a\\e[31m\": 1", "a.yaml:1:1: a\\u{1b}[31m: there is no such setting"),
        ])
    func problems(text: String, expected: String) {
        #expect(file(text).problems.map(\.description) == [expected])
    }

    @Test(
        "what YAML can't read is told with its line",
        arguments: [("port: 1\nhost: \"a", 2), ("a: b: c", 1), ("\tport: 1", 1)])
    func syntax(text: String, line: Int) {
        let problems = file(text).problems
        #expect(problems.count == 1)
        #expect(problems.first?.description.hasPrefix("a.yaml:\(line):") == true, "\(problems)")
        #expect(problems.first?.message.hasPrefix("this is no YAML: ") == true, "\(problems)")
    }

    @Test("two documents are one too many")
    func documents() {
        #expect(file("port: 1\n---\nport: 2\n").problems.count == 1)
    }

    @Test("what is no UTF-8 is told with its line")
    func encoding() {
        let file = ConfigurationFile(path: "a.yaml", content: Data("port: 1\nhost: ".utf8) + [0xFF])
        #expect(file.problems.map(\.description) == ["a.yaml:2:1: the file is not UTF-8"])
    }

    @Test("all mistakes are found, and what is right is read")
    func all() {
        let file = file("prot: 1\nport: [1]\nhost: a\nhost: b\nnode: x\n")
        #expect(file.problems.map(\.line) == [1, 2, 4])
        #expect(file.settings.map(\.option.name) == ["host", "node"])
    }

    @Test("a file that is not there, and what is no file, are named")
    func unreadable() {
        let missing = ConfigurationFile(reading: "/nonexistent/a.yaml").problems.map(\.description)
        #expect(missing == ["/nonexistent/a.yaml: can't be read: No such file or directory. Check --config"])
        #expect(ConfigurationFile(reading: "/tmp").problems.map(\.description) == ["/tmp: is no file. Check --config"])
    }
}
