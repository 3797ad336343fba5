import Core

/// What is done with the article that is selected or open.
extension Update {
    /// The article that the keys are about, with its body; says so if there is none.
    static func subjectArticle(_ model: inout Model) -> Article? {
        if let departed = model.departed { return departed.article }
        if let held = model.held, held.id == model.selection?.id { return held }
        let isArticle = model.selection.map { $0.gap == nil } ?? false
        model.notice = isArticle ? "the article is being loaded" : "there is no article here"
        return nil
    }

    /// Opens the article's page, or one of the links in it, counted from 1.
    static func browse(link: Int?, _ model: inout Model) {
        guard let article = subjectArticle(&model) else { return }
        guard let link else { return model.ask(.browse(model.source.permalink(article.id))) }
        let links = model.reader.links
        guard links.indices.contains(link - 1) else {
            model.notice = links.isEmpty ? "the article has no links" : "the article has \(links.count) links"
            return
        }
        model.ask(.browse(links[link - 1]))
    }

    static func copyLink(_ model: inout Model) {
        guard let article = subjectArticle(&model) else { return }
        let link = model.source.permalink(article.id)
        model.ask(.copy(link))
        model.notice = "copied \(link)"
    }

    /// What a command gets on its standard input.
    static func pipe(_ command: String, _ model: inout Model) {
        guard let article = subjectArticle(&model), !command.isEmpty else { return }
        model.ask(.pipe(command: command, text: plainText(article)))
    }

    static func plainText(_ article: Article) -> String {
        "\(article.title)\n\n\(article.body)\(article.body.hasSuffix("\n") || article.body.isEmpty ? "" : "\n")"
    }

    // MARK: - Writing

    private static func mayWrite(_ model: inout Model) -> Bool {
        if !model.source.canWrite { model.notice = "writing needs a token: \"articlesctl login\" keeps one" }
        return model.source.canWrite
    }

    static func compose(_ model: inout Model) {
        guard mayWrite(&model) else { return }
        let topics = model.source.query.filter.topics
        model.ask(.compose(.add(topic: model.view.topic ?? topics.first ?? ArticleLimits.defaultTopic)))
    }

    static func edit(_ model: inout Model) {
        guard mayWrite(&model), let article = subjectArticle(&model) else { return }
        model.ask(.compose(.edit(article)))
    }

    static func delete(_ model: inout Model) {
        guard mayWrite(&model), model.departed == nil, let article = subjectArticle(&model) else { return }
        model.question = .delete(article)
    }

    // MARK: - Questions

    static func answer(_ question: Question, _ key: Key, _ model: inout Model) {
        model.question = nil
        guard key == .character("y") || key == .character("Y") else {
            model.notice = "nothing was changed"
            return
        }
        switch question {
        case .delete(let article): model.ask(.delete(article))
        case .discard(let entry): model.ask(.discard(key: entry.key))
        case .markAllRead(let ids): markRead(ids, true, &model)
        }
    }
}
