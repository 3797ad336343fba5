import ArgumentParser
import Foundation
import Testing

@testable import articled

@Suite("Options as settings")
struct SettingOptionTests {
    @Test("every option that the help of serve lists is a setting")
    func help() {
        let help = Serve.helpMessage(columns: 200)
        let listed = help.matches(of: /(?m)^  (?:-\w, )?--([a-z0-9-]+)/).map { String($0.1) }
        let others = ["help", "version", "config"]
        #expect(listed.filter { !others.contains($0) } == SettingOption.all.map(\.name))
        #expect(SettingOption.all.count > 30)
    }

    @Test("a flag is one setting, said or denied")
    func flags() throws {
        let option = try #require(SettingOption.byName["require-auth"])
        #expect(option.isFlag && option.hasNegation && option.defaultValue == "false")
        #expect(SettingOption.byName["compression"]?.defaultValue == "true")
        #expect(SettingOption.byName["no-compression"] == nil)
        #expect(option.arguments(["true"]) == ["--require-auth"])
        #expect(option.arguments(["false"]) == ["--no-require-auth"])
    }

    @Test("what may be repeated is a list")
    func lists() throws {
        let option = try #require(SettingOption.byName["allowed-origin"])
        #expect(option.isList && option.arguments(["a", "b"]) == ["--allowed-origin=a", "--allowed-origin=b"])
        #expect(SettingOption.byName["port"]?.isList == false)
    }

    @Test(
        "for a mistyped name the nearest one is known",
        arguments: [
            ("prot", "port"), ("drain_timeout", "drain-timeout"), ("Port", "port"), ("loglevel", "log-level"),
            ("allowed-origins", "allowed-origin"), ("zzzzzz", nil),
        ])
    func nearest(name: String, expected: String?) {
        #expect(SettingOption.nearest(to: name) == expected)
    }
}
