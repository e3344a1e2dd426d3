"""What Ansible loads by itself: the inventory plugin."""
