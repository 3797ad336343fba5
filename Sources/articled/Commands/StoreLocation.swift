import ArgumentParser
import Foundation
import Logging

/// Which daemon's accounts and tokens a command is about.
struct StoreLocation: ParsableArguments {
    @OptionGroup var options: StoreOptions

    @Option(
        help: ArgumentHelp(
            "Has the password of the Redis. (default: $ARTICLED_STORE_PASSWORD_FILE, or the file of --config)",
            valueName: "path"))
    var storePasswordFile: String?

    /// Opens the store if no daemon has it, else speaks to the daemon, and does the work.
    ///
    /// - Parameter isMaking: where there is no database one is made, for accounts may be there before the first start.
    ///   Else the name of the directory is taken for a mistake.
    func withAdministration<Result>(
        makingDatabase isMaking: Bool = false, _ work: (any AccountAdministration) async throws -> Result
    ) async throws -> Result {
        let environment = ProcessInfo.processInfo.environment
        let found = try options.resolved(with: ["store-password-file"], environment: environment)
        let (path, kind) = (found.dataDirectory, found.store)
        let file = path + "/" + SQLiteStore.fileName
        let absence = kind == .sqlite ? StoreError.absence(of: file) : nil
        let obstacle = kind == .memory ? Self.notRunning(path) : isMaking ? nil : absence
        // Where no daemon can be running nothing is made, not even a lock.
        if let obstacle, !FileManager.default.fileExists(atPath: path + "/lock") { throw obstacle }
        let directory: DataDirectory
        do {
            directory = try DataDirectory(path)
        } catch let error as StoreError where error.code == .inUse {
            let remote = try RemoteAccounts(dataDirectory: path)
            return try await work(remote)
        }
        if let obstacle { throw obstacle }
        let store: any Store
        if case .redis(let location) = kind {
            var redis = try RedisOptions.parse([])
            redis.storePasswordFile = storePasswordFile ?? found.settings["store-password-file"]
            store = RedisStore(
                try redis.configuration(location, environment: environment), logger: Logger(label: "articled"))
        } else {
            store = try SQLiteStore.open(in: directory)
            if absence != nil { ListOutput.say("Made a new database \(file).") }
        }
        defer { withExtendedLifetime(directory) {} }
        let accounts = try Accounts(store: store, localToken: nil)
        guard accounts.isLoaded else {
            throw StoreError(
                code: .inaccessible,
                message: "The store \(kind.defaultValueDescription) can't be reached. Check that Redis runs there, and "
                    + "--store-password-file.")
        }
        let result: Result
        do {
            result = try await work(
                accounts.administration(by: AuditActor(name: Account.localName, address: "")))
        } catch {
            // What was done is in the write-ahead log if it can't be brought together.
            try? store.close()
            throw error
        }
        try store.close()
        return result
    }

    private static func notRunning(_ path: String) -> StoreError {
        StoreError(
            code: .inaccessible,
            message: "A store in memory is there only while its daemon runs, and none runs on \(path). Start it first.")
    }
}
