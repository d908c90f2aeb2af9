"""A chat in which everybody may write at any time. The mirror of qq-chat/src/live, which tells how it works."""
