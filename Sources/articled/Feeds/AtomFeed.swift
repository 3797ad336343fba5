import Core

/// A feed in Atom (RFC 4287).
enum AtomFeed {
    static let mediaType = "application/atom+xml; charset=utf-8"

    static func render(_ channel: FeedChannel) -> [UInt8] {
        var lines = [
            "<?xml version=\"1.0\" encoding=\"utf-8\"?>",
            "<feed xmlns=\"http://www.w3.org/2005/Atom\" xml:lang=\"en\">",
            element("id", channel.page),
            element("title", channel.title),
            element("updated", channel.updated.description),
            // Every entry needs an author, its own or this one (section 4.1.2).
            "<author>\(element("name", PageRenderer.siteTitle))</author>",
            "<generator version=\"\(XMLText.escape(Version.number))\">articled</generator>",
            "<link rel=\"alternate\" type=\"text/html\" href=\"\(XMLText.escape(channel.page))\"/>",
            "<link rel=\"self\" type=\"application/atom+xml\" href=\"\(XMLText.escape(channel.address(of: "feed.atom")))\"/>",
        ]
        for article in channel.articles { lines += entry(article, channel) }
        lines.append("</feed>\n")
        return Array(lines.joined(separator: "\n").utf8)
    }

    private static func entry(_ article: Article, _ channel: FeedChannel) -> [String] {
        var lines = [
            "<entry>",
            element("id", FeedChannel.identifier(article)),
            element("title", article.title),
            element("published", article.published.description),
            element("updated", (article.updated ?? article.published).description),
            "<link rel=\"alternate\" type=\"text/html\" href=\"\(XMLText.escape(channel.permalink(article)))\"/>",
            "<category term=\"\(XMLText.escape(article.topic))\"/>",
        ]
        if !article.author.isEmpty { lines.append("<author>\(element("name", article.author))</author>") }
        // As HTML, for most readers let the lines of plain text run together.
        lines.append("<content type=\"html\">\(XMLText.escape(XMLText.html(article.body)))</content>")
        lines.append("</entry>")
        return lines
    }

    private static func element(_ name: String, _ text: String) -> String {
        "<\(name)>\(XMLText.escape(text))</\(name)>"
    }
}
