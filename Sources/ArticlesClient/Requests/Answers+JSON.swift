import Core
import Foundation

extension ArticlePage {
    init(json: JSONValue) throws(JSONShapeError) {
        guard let results = json["results"]?.arrayValue else {
            throw JSONShapeError(path: "results", reason: "is missing or is not an array")
        }
        var articles: [Article] = []
        for element in results { articles.append(try Article(json: element)) }
        self.articles = articles
        guard let path = json["next"]?.stringValue else {
            next = nil
            return
        }
        let items = URLComponents(string: path)?.queryItems ?? []
        guard items.first(where: { $0.name == "after" }) == nil else {
            next = nil
            return
        }
        guard let before = items.first(where: { $0.name == "before" })?.value.flatMap({ Int64($0) }) else {
            throw JSONShapeError(path: "next", reason: "names no article to go on before")
        }
        next = before
    }
}

extension ServerStatus {
    init(json: JSONValue) throws(JSONShapeError) {
        let object = try JSONObject(json, path: "status")
        node = try object.string("node")
        version = try object.string("version")
        role = try object.string("role")
        cursor = try object.cursor("cursor")
        oldest = try object.cursor("oldest")
        subscribers = try object.integer("subscribers")
        switch object.value("uptime") {
        case .integer(let seconds): uptime = seconds
        case .number(let seconds) where abs(seconds) < 1e15: uptime = Int64(seconds)
        default: throw JSONShapeError(path: "status.uptime", reason: "must be a number of seconds")
        }
    }
}
