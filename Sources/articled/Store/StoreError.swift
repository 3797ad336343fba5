/// Why the store can't be opened or used, in words for whoever runs the daemon.
struct StoreError: Error, CustomStringConvertible {
    enum Code: Sendable {
        /// Another daemon has the data directory.
        case inUse
        /// The directory or file can't be made, read or written.
        case inaccessible
        /// Written by a newer version of the daemon.
        case tooNew
        /// Not a database, or a damaged one.
        case corrupt
    }

    let code: Code
    /// What, where, and how to mend.
    let message: String

    var description: String { message }
}
