import ArgumentParser
import Foundation
import Testing

@testable import articled

@Suite("Sources of settings")
struct SettingSourcesTests {
    @Test("the command line wins over the environment, that over the file, that over the default")
    func precedence() throws {
        let text = "port: 1\nhost: file\nnode: file\nallowed-origin: [https://file]\n"
        try withFile(text) { path in
            let sources = SettingSources(
                arguments: ["--port=3", "--allowed-origin", "https://a", "--allowed-origin=https://b"],
                environment: ["ARTICLED_PORT": "2", "ARTICLED_HOST": "environment"], file: path)
            let configuration = try EffectiveConfiguration(sources)
            #expect(configuration.settings.port == 3 && configuration.settings.host == "environment")
            #expect(configuration.settings.node == "file" && configuration.settings.threads == nil)
            #expect(configuration.settings.allowedOrigins == ["https://a", "https://b"])
            let places = Dictionary(uniqueKeysWithValues: configuration.given.map { ($0.option.name, $0.source.text) })
            #expect(
                places == [
                    "port": "--port", "host": "ARTICLED_HOST", "node": "\(path):3",
                    "allowed-origin": "--allowed-origin",
                ])
        }
    }

    @Test("the file that a variable names is read, unless the command line names another")
    func variable() throws {
        try withFile("port: 7\n") { path in
            let environment = ["ARTICLED_CONFIG": path]
            #expect(try EffectiveConfiguration(SettingSources(environment: environment)).settings.port == 7)
            try withFile("port: 8\n") { other in
                let sources = SettingSources(environment: environment, file: other)
                let port = try EffectiveConfiguration(sources).settings.port
                #expect(port == 8)
            }
        }
    }

    @Test("in the environment lists have commas, and a flag is true or false")
    func environment() throws {
        let sources = SettingSources(environment: [
            "ARTICLED_ALLOWED_ORIGIN": "http://a,http://b", "ARTICLED_COMPRESSION": "false",
            "ARTICLED_BACKLOG": "100,1MiB", "ARTICLED_DATA_DIR": "/x",
        ])
        let settings = try EffectiveConfiguration(sources).settings
        #expect(settings.allowedOrigins == ["http://a", "http://b"] && !settings.compression)
        #expect(settings.backlog == Retention(events: 100, bytes: 1024 * 1024) && settings.dataDir == "/x")
    }

    @Test("a denied flag of the command line wins over the file")
    func denied() throws {
        try withFile("require-auth: true\n") { path in
            let sources = SettingSources(arguments: ["--no-require-auth"], environment: [:], file: path)
            let requiresAuthentication = try EffectiveConfiguration(sources).settings.requireAuth
            #expect(!requiresAuthentication)
        }
    }

    @Test("what the parser must see of the command line is left to it")
    func rest() {
        let (given, rest) = CommandLineSettings.parse(
            ["--port", "1", "--nonsense", "--config=x", "y", "--no-compression", "--host"])
        #expect(given.map(\.option.name) == ["port", "compression"])
        #expect(rest == ["--nonsense", "--config=x", "y", "--host"])
        #expect(CommandLineSettings.file(["--port", "1", "--config", "a.yaml"]) == "a.yaml")
    }

    @Test("a few settings are not had from a file with mistakes")
    func few() throws {
        try withFile("data-dir: /x\nstorr: memory:\n") { path in
            let sources = SettingSources(environment: [:], file: path)
            #expect(throws: ConfigurationError.self) { try sources.values(of: ["data-dir", "store"]) }
        }
        try withFile("data-dir: /x\n") { path in
            let sources = SettingSources(environment: ["ARTICLED_PORT": "x"], file: path)
            let values = try sources.values(of: ["data-dir", "store"])
            #expect(values == ["data-dir": "/x"])
        }
    }
}
