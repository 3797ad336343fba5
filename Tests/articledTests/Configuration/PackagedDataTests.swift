import ArgumentParser
import Foundation
import Testing

@testable import articled

#if canImport(Glibc)
    import Glibc
#endif

@Suite("The packaged daemon's data for commands that name no others")
struct PackagedDataTests {
    private func withPackage(
        _ settings: String?, as userID: uid_t = geteuid(), _ body: (PackagedData, String) throws -> Void
    ) throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("packaged-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        try FileManager.default.createDirectory(atPath: path + "/data", withIntermediateDirectories: true)
        let file = path + "/articled.yaml"
        try settings?.write(toFile: file, atomically: true, encoding: .utf8)
        try body(PackagedData(directory: path + "/data", configurationFile: file, userID: userID), path)
    }

    private func resolved(
        _ arguments: [String] = [], _ package: PackagedData, environment: [String: String] = ["HOME": "/nowhere"]
    ) throws -> StoreOptions.Resolved {
        try StoreOptions.parse(arguments).resolved(environment: environment, packaged: package)
    }

    @Test("they are where the package's settings say, else where the package has them")
    func settings() throws {
        try withPackage("data-dir: /srv/articles\nstore: redis://db\n") { package, _ in
            let found = try resolved([], package)
            #expect(found.dataDirectory == "/srv/articles" && found.store.name == "redis")
        }
        for settings in ["port: 8001\n", nil] {
            try withPackage(settings) { package, path in
                let found = try resolved([], package)
                #expect(found.dataDirectory == path + "/data" && found.store == .sqlite)
            }
        }
    }

    @Test("settings that can't be looked at are not taken for missing ones")
    func unreachable() throws {
        try withPackage("port: 8001\n") { package, path in
            var package = package
            // Below a file, where even root finds nothing.
            package.configurationFile = path + "/articled.yaml/articled.yaml"
            #expect(throws: ConfigurationError.self) { try resolved([], package) }
        }
    }

    @Test("whoever names others means others")
    func named() throws {
        try withPackage("data-dir: /srv/articles\nstore: redis://db\n") { package, path in
            let found = try resolved(["--data-dir", "/mine"], package)
            #expect(found.dataDirectory == "/mine" && found.store == .sqlite)
            #expect(try resolved(["--config", ""], package).dataDirectory != "/srv/articles")
            for name in ["ARTICLED_DATA_DIR", "XDG_DATA_HOME"] {
                #expect(try resolved([], package, environment: [name: "/mine"]).dataDirectory.hasPrefix("/mine"))
            }
            #expect(!package.areMeant(["HOME": "/nowhere", "ARTICLED_CONFIG": path + "/other.yaml"]))
        }
    }

    @Test("they are those of root and of the daemon's account, unless root has data of its own")
    func users() throws {
        try withPackage(nil, as: geteuid() + 1) { package, path in
            #expect(!package.areMeant(["HOME": path]))
        }
        try withPackage(nil, as: 0) { package, path in
            try FileManager.default.setAttributes([.ownerAccountID: geteuid() + 1], ofItemAtPath: path + "/data")
            #expect(package.areMeant(["HOME": path]))
            try FileManager.default.createDirectory(
                atPath: path + "/.local/share/articled", withIntermediateDirectories: true)
            #expect(!package.areMeant(["HOME": path]))
        }
    }

    @Test("mistakes in the package's settings are no reason to change another database")
    func mistakes() throws {
        try withPackage("data-dri: /srv/articles\n") { package, _ in
            #expect(throws: ConfigurationError.self) { _ = try resolved([], package) }
        }
    }
}
