/// What is kept made of the newest articles: the page and both feeds.
struct DocumentCaches: Sendable {
    let page: DocumentCache
    let atom: DocumentCache
    let json: DocumentCache
    /// What each may take.
    let maxBytes: Int

    /// - Parameter maxBytes: what each may take in memory.
    init(maxBytes: Int = 16 * 1024 * 1024) {
        self.maxBytes = maxBytes
        // Its relative times are wrong after a while.
        page = DocumentCache(maxAge: .seconds(30), maxBytes: maxBytes)
        atom = DocumentCache(maxBytes: maxBytes)
        json = DocumentCache(maxBytes: maxBytes)
    }

    var named: [(name: String, cache: DocumentCache)] { [("page", page), ("atom", atom), ("json", json)] }
}
