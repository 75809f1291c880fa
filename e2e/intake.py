"""Intake as a clerk does it: find the item, fill its form, tick and photograph its materials, receive."""

import re

from playwright.sync_api import Locator, Page, expect

from e2e.forms import Form
from e2e.people import Applicant, photograph


class Intake:
    """The pages from 收件 to the receipt."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def go(self) -> None:
        self.page.get_by_role("navigation", name="主菜单").get_by_role("link", name="收件").click()
        expect(self.page.get_by_role("heading", name="办什么事项")).to_be_visible()

    def find_item(self, keys: str, name: str) -> None:
        """Types the keys as a person does, and takes the item of that name from the list."""
        finder = self.page.get_by_role("combobox", name="查找事项")
        finder.press_sequentially(keys)
        self.page.get_by_role("option").filter(has_text=name).click()
        expect(self.page.get_by_role("heading", name=name)).to_be_visible()

    def field(self, key: str) -> Locator:
        return self.page.locator(f"#field-{key}")

    def fill(self, answers: dict[str, str]) -> None:
        for key, answer in answers.items():
            self.answer(key, answer)

    def answer(self, key: str, answer: str) -> None:
        field = self.field(key)
        if field.get_attribute("role") == "radiogroup":
            field.get_by_role("radio", name=answer, exact=True).check()
        elif field.evaluate("field => field.tagName") == "SELECT":
            field.select_option(answer)
        else:
            field.fill(answer)
            field.blur()

    def expect_kept(self) -> None:
        """What is on the screen is durable on this device."""
        expect(self.page.locator("header .saved")).to_contain_text("已存本机")

    def all_materials(self) -> None:
        self.page.get_by_role("button", name="必要材料全部收到").click()

    def exempt(self, material: str) -> None:
        self._material(material).get_by_role("radio", name="数据核验免交").check()

    def photograph(self, material: str, text: str = "") -> None:
        """A paper that fills the picture: all of it is kept, with one tap."""
        shots = self.photographs(material)
        before = shots.count()
        self.shoot(material, photograph(text))
        self.crop_sheet.get_by_role("button", name="保留整张", exact=True).click()
        expect(self.crop_sheet).to_be_hidden()
        expect(shots).to_have_count(before + 1)

    def shoot(self, material: str, *pictures: bytes) -> None:
        """The camera's pictures, up to the look at the first one's edges."""
        self._material(material).get_by_label(re.compile("^拍照")).set_input_files(
            [
                {"name": f"IMG_{at:04}.JPG", "mimeType": "image/jpeg", "buffer": picture}
                for at, picture in enumerate(pictures)
            ]
        )
        expect(self.crop_sheet).to_be_visible()

    def take_crop(self) -> None:
        """Takes the frame as it stands."""
        self.crop_sheet.get_by_role("button", name="按框裁剪").click()
        expect(self.crop_sheet).to_be_hidden()

    @property
    def crop_sheet(self) -> Locator:
        return self.page.get_by_role("dialog").filter(has=self.page.get_by_label("左上角"))

    def corner(self, name: str) -> Locator:
        return self.crop_sheet.get_by_label(name)

    def photographs(self, material: str) -> Locator:
        """The pictures that hang on a material."""
        return self._material(material).get_by_role("button", name=re.compile("^查看照片"))

    def resume(self, name: str) -> None:
        """Goes on with the draft of the person of that name."""
        self.page.get_by_role("region", name="没办完的").get_by_role("link", name=name).click()
        expect(self.page.locator("#form-fields")).to_be_visible()

    def ask_to_receive(self) -> None:
        self.page.get_by_role("button", name="收件", exact=True).click()

    def receive(self) -> str:
        """收件; the receipt number that the person is given."""
        self.ask_to_receive()
        expect(self.page.get_by_text("这是收件凭证，不是受理决定")).to_be_visible()
        return self.receipt_number()

    def receipt_number(self) -> str:
        return self.page.get_by_role("heading", name=re.compile("^JK-")).inner_text()

    def begin(self, form: Form, person: Applicant) -> None:
        """Everything up to the last tap."""
        self.go()
        self.find_item(form.keys, form.name)
        self.fill(form.answers(person))
        self.all_materials()

    def take_in(self, form: Form, person: Applicant, photo: str = "") -> str:
        """A whole case at the window; `photo` names the material that is photographed."""
        self.begin(form, person)
        if photo:
            self.photograph(photo, person.id_no)
        return self.receive()

    def _material(self, name: str) -> Locator:
        return (
            self.page.locator("#materials")
            .get_by_role("listitem")
            .filter(has=self.page.get_by_text(name, exact=True))
        )
