import Core
import Foundation

#if canImport(Glibc)
    import Glibc
#endif

/// The packaged daemon's data, as commands find them that name no others.
struct PackagedData {
    var directory = PackagedDaemon.dataDirectory
    var configurationFile = PackagedDaemon.configurationFile
    /// Who asks.
    var userID = geteuid()

    /// Whether these are meant by somebody whose environment names no others: the account that the daemon runs as, and root,
    /// unless root has data of its own.
    func areMeant(_ environment: [String: String]) -> Bool {
        var status = stat()
        // An empty ARTICLED_CONFIG says that there is none.
        guard environment["ARTICLED_CONFIG"] == nil,
            ["ARTICLED_DATA_DIR", "XDG_DATA_HOME"].allSatisfy({ environment[$0, default: ""].isEmpty }),
            stat(directory, &status) == 0
        else { return false }
        if status.st_uid == userID { return true }
        return userID == 0
            && !FileManager.default.fileExists(atPath: DataDirectory.defaultPath(environment: environment))
    }

    /// The file of settings that a command reads, and where the data are if neither that nor anything else says so.
    ///
    /// - Parameters:
    ///   - file: what `--config` names.
    ///   - dataDirectory: what `--data-dir` names.
    func resolved(
        file: String?, dataDirectory: String?, environment: [String: String]
    ) -> (file: String?, dataDirectory: String) {
        guard file == nil, dataDirectory == nil, areMeant(environment) else {
            return (file, dataDirectory ?? DataDirectory.defaultPath(environment: environment))
        }
        var status = stat()
        // One that can't be looked at is no missing one: it may name another store, and reading it says what is wrong.
        let isMissing = stat(configurationFile, &status) != 0 && errno == ENOENT
        return (isMissing ? nil : configurationFile, directory)
    }
}
