import Foundation
import Testing

@testable import articled

@Suite("Settings as text")
struct ConfigurationTextTests {
    @Test("what is printed gives the same settings again")
    func roundTrip() throws {
        let hash = String(repeating: "0f", count: 32)
        let sources = SettingSources(
            arguments: [
                "--node", "a: #b", "--host=::1", "--token", "ci editor \(hash)", "--no-compression", "--store=memory:",
            ],
            environment: ["ARTICLED_ALLOWED_ORIGIN": "https://a,https://b"])
        let configuration = try EffectiveConfiguration(sources)
        let text = ConfigurationText.effective(configuration).joined(separator: "\n")
        try withFile(text) { path in
            let again = try EffectiveConfiguration(SettingSources(environment: [:], file: path))
            for option in SettingOption.all {
                #expect(again.values(of: option) == configuration.values(of: option), "\(option.name)")
            }
        }
        #expect(text.contains("\nnode: \"a: #b\"  # --node\n") && text.contains("\nlog-level: info  # default\n"))
    }

    @Test("the example has every option of serve, and its lines are right without the sign before them")
    func example() throws {
        let lines = ConfigurationText.example()
        #expect(lines.allSatisfy { $0.isEmpty || $0.hasPrefix("#") })
        let keys = lines.compactMap { $0.firstMatch(of: /^#([a-z0-9-]+):/).map { String($0.1) } }
        #expect(keys == SettingOption.all.map(\.name))
        let settings = lines.filter { $0.wholeMatch(of: /#[a-z0-9-]+: .+/) != nil }.map { String($0.dropFirst()) }
        try withFile(settings.joined(separator: "\n")) { path in
            let sources = SettingSources(environment: [:], file: path)
            #expect(ConfigurationCheck(sources).problems().isEmpty)
        }
    }

    @Test("the file in deploy is the example (out of date? run make man)")
    func deployed() throws {
        let path = URL(filePath: #filePath).appending(path: "../../../../deploy/articled.yaml").standardized
        let text = try String(contentsOf: path, encoding: .utf8)
        #expect(text == ConfigurationText.example().map { $0 + "\n" }.joined())
    }

    @Test(
        "what YAML would read as something else stands in quotes",
        arguments: [
            ("8000", "8000"), ("10s", "10s"), ("", "\"\""), ("null", "\"null\""), ("a b", "\"a b\""), ("a:", "\"a:\""),
            ("https://a/?b=c", "https://a/?b=c"), ("#a", "\"#a\""), ("-a", "\"-a\""), ("::1", "\"::1\""),
            ("a\nb", "\"a\\nb\""),
        ])
    func scalars(text: String, expected: String) {
        #expect(ConfigurationText.scalar(text) == expected)
    }
}
