"""What search looks through: the words of titles and messages, and a queue of those that are yet to be put there.

Triggers fill the queue, so whoever writes need not know of it, the code before this included. Growing answers come
into it when they end.
"""

import sqlalchemy as sa
from alembic import op

from webapp.db.types import UtcDateTime, Words

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_table(
        "search_documents",
        sa.Column("place", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=True),
        sa.Column("words", Words(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name="fk_search_documents_conversation_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["message_id"], ["messages.id"], name="fk_search_documents_message_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("place", name="pk_search_documents"),
    )
    op.create_index("ix_search_documents_conversation_id", "search_documents", ["conversation_id"])
    op.create_index("uq_search_documents_message_id", "search_documents", ["message_id"], unique=True)
    op.create_table(
        "search_queue",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_search_queue"),
    )
    statements = POSTGRES if op.get_bind().dialect.name == "postgresql" else SQLITE
    for statement in (*statements, *FILL):
        op.execute(statement)


# The words are cut and folded before they come here: one token is what stands between two spaces. A word that is being
# typed is found by the lists of beginnings, and not by going through all words that begin so.
SQLITE = (
    """CREATE VIRTUAL TABLE search_index USING fts5(words, content='search_documents', content_rowid='place',
    tokenize='ascii', detail=none, prefix='2 3 4 5 6')""",
    """CREATE TRIGGER search_document_added AFTER INSERT ON search_documents BEGIN
    INSERT INTO search_index (rowid, words) VALUES (NEW.place, NEW.words); END""",
    """CREATE TRIGGER search_document_gone AFTER DELETE ON search_documents BEGIN
    INSERT INTO search_index (search_index, rowid, words) VALUES ('delete', OLD.place, OLD.words); END""",
    """CREATE TRIGGER search_message_added AFTER INSERT ON messages WHEN NEW.status <> 'streaming' BEGIN
    INSERT INTO search_queue (conversation_id, message_id) VALUES (NEW.conversation_id, NEW.id); END""",
    """CREATE TRIGGER search_message_changed AFTER UPDATE OF status, content ON messages
    WHEN NEW.status <> 'streaming' BEGIN
    INSERT INTO search_queue (conversation_id, message_id) VALUES (NEW.conversation_id, NEW.id); END""",
    """CREATE TRIGGER search_title_added AFTER INSERT ON conversations BEGIN
    INSERT INTO search_queue (conversation_id) VALUES (NEW.id); END""",
    """CREATE TRIGGER search_title_changed AFTER UPDATE OF title ON conversations BEGIN
    INSERT INTO search_queue (conversation_id) VALUES (NEW.id); END""",
)
# Beginnings of two and three letters are words of their own there, as in SQLite's lists. Without a list of pending
# entries, which would make searches slow. The planner is to know that vectors cost something to make.
POSTGRES = (
    """CREATE FUNCTION search_vector(words text) RETURNS tsvector LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
    COST 10000 AS $$ DECLARE word text[] := string_to_array(btrim(words), ' '); BEGIN RETURN array_to_tsvector(
    word || ARRAY(SELECT '^' || left(one, size) FROM unnest(word) one, generate_series(2, 3) size
    WHERE length(one) >= size AND left(one, 1) <> '¤')); END $$""",
    """CREATE INDEX ix_search_documents_words ON search_documents
    USING gin (search_vector(words)) WITH (fastupdate = off)""",
    """CREATE FUNCTION queue_message() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO search_queue (conversation_id, message_id) VALUES (NEW.conversation_id, NEW.id); RETURN NULL; END $$""",
    """CREATE FUNCTION queue_title() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO search_queue (conversation_id) VALUES (NEW.id); RETURN NULL; END $$""",
    """CREATE TRIGGER search_message_added AFTER INSERT ON messages
    FOR EACH ROW WHEN (NEW.status <> 'streaming') EXECUTE FUNCTION queue_message()""",
    """CREATE TRIGGER search_message_changed AFTER UPDATE OF status, content ON messages
    FOR EACH ROW WHEN (NEW.status <> 'streaming') EXECUTE FUNCTION queue_message()""",
    """CREATE TRIGGER search_title_added AFTER INSERT ON conversations
    FOR EACH ROW EXECUTE FUNCTION queue_title()""",
    """CREATE TRIGGER search_title_changed AFTER UPDATE OF title ON conversations
    FOR EACH ROW EXECUTE FUNCTION queue_title()""",
)
# What came last is looked at first. The app does the work, in the background.
FILL = (
    "INSERT INTO search_queue (conversation_id) SELECT id FROM conversations ORDER BY id",
    """INSERT INTO search_queue (conversation_id, message_id)
    SELECT conversation_id, id FROM messages WHERE status <> 'streaming' ORDER BY id""",
)
