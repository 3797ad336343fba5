import ArgumentParser

/// Which database a command is about: a file, for other stores take care of themselves.
struct DatabaseLocation: ParsableArguments {
    @OptionGroup var options: StoreOptions

    /// The path of the data directory.
    ///
    /// - Parameter instead: what to do where the store is a Redis.
    /// - Throws: ``StoreError`` if the store has no file.
    func dataDirectory(instead: String) throws -> String {
        let found = try options.resolved()
        switch found.store {
        case .redis(let location):
            throw StoreError(
                code: .inaccessible,
                message: "The store is \(location.description), not a file of articled's. \(instead)")
        case .memory:
            throw StoreError(code: .inaccessible, message: "A store in memory is gone with its daemon and has no file.")
        case .sqlite, .invalid:
            return found.dataDirectory
        }
    }

    /// The path of the database, which must be there.
    func database(instead: String) throws -> String {
        let file = try dataDirectory(instead: instead) + "/" + SQLiteStore.fileName
        if let error = StoreError.absence(of: file) { throw error }
        return file
    }
}
