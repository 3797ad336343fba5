#if canImport(Glibc)
    import Glibc
#endif

extension StoreError {
    /// Why a database can't be found; `nil` if it is there, whoever may read it.
    static func absence(of file: String) -> StoreError? {
        var status = stat()
        guard stat(file, &status) != 0 else { return nil }
        switch errno {
        case ENOENT, ENOTDIR:
            return StoreError(
                code: .inaccessible, message: "There is no database \(file). Check the path, or --data-dir.")
        case EACCES: return .forbidden(file)
        case let code:
            return StoreError(
                code: .inaccessible,
                message: "\(file) can't be looked at: \(String(cString: strerror(code))). Check --data-dir.")
        }
    }

    /// It is there, or may be, for somebody else.
    static func forbidden(_ file: String) -> StoreError {
        StoreError(
            code: .inaccessible,
            message: "\(file) can't be read by this user: run it as root or as the account of the daemon.")
    }
}
